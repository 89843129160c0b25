"""WebSub (W3C Recommendation): a hub is pinged when feeds change, and distributes them to its subscribers."""
