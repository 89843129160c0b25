"""The kinds of message. A delivery comes in; the message to be sent goes out."""
