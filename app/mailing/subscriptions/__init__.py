"""Signing up, confirming, managing and unsubscribing.

A request of a reader comes in; subscriptions change and jobs are enqueued.
"""
