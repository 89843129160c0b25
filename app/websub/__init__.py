"""WebSub (W3C Recommendation): a hub is told which feeds changed, and tells those who subscribed to them there."""
