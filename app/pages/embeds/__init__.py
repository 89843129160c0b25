"""Pages inside other pages: oEmbed, and the cards that it embeds. In: the address of a page. Out: a small page for a
frame, and the HTML of the frame.
"""
