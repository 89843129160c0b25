"""Citation and vocabulary formats. Records and concepts come in; text in a format goes out."""
