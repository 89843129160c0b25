"""Everything rendered for people: pages, and the text and HTML of mails. In: the name of a template and its values.
Out: text, or a page as a response; what was put into HTML is escaped.

A page is a template that extends `layout.html` (or `base.html`), and a route that returns `render_page`.
"""
