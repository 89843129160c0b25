"""What mails are made of: templates, MIME messages, links, and the entries that mails show."""
