"""Everything rendered for people: pages, and the text and HTML of mails. In: the name of a template and its values.
Out: text, or a page as a response; what was put into HTML is escaped.

A page is a template and a route: for everybody, it extends `plain.html` and is returned by `render_public_page`; for
one reader, it extends `layout.html` and is returned by `render_page`.
"""
