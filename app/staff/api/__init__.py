"""The endpoints for staff; most take the resource type as a path parameter."""
