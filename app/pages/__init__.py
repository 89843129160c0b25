"""Everything rendered for people: one Jinja environment, its templates, and the pages that explain problems."""
