"""Commands for mail.

Requests of subscribers, the suppression list and messages that came back come in; what was done about them goes out.
"""
