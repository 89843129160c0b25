"""The API for staff: keys and scopes, editing, workflow, history."""
