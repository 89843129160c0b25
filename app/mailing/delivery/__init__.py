"""Delivery of mail, from a job to the reply of the mail server: transports, bounces and unconfirmed mails."""
