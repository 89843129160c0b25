"""The API of staff: keys and scopes, editing, workflow, history."""
