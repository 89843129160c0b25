"""The description for staff: what `StaffRoute` adds to their operations, and their tasks in plain words.

The operations as FastAPI describes them come in; those that the page of staff shows go out.
"""
