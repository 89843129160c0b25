"""From a job to the answer of a mail server: deliveries, transports, bounces and what is unconfirmed."""
