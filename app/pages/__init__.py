"""Pages for people, and the text and HTML of mails. In: the name of a template and its values.
Out: text, or a page as a response; what was put into HTML is escaped.

The page of a document is at the document's address without `/v1`, made from the same index; other pages are a template
and a route. What is the same for everybody is returned by `render_public_page`, what is for one reader by
`render_page`; both extend `layout.html`.
"""
