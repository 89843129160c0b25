"""The one client for requests to other servers: public addresses only, within limits of time and size."""
