"""Rights and duties under the UK GDPR: erasure, retention, export, import and the suppression list's backup."""
