"""What mails are made of: MIME messages, links, and the entries that mails show."""
