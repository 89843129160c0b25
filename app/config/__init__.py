"""Every setting, typed, with its help text. The environment comes in; one frozen `Settings` goes out."""
