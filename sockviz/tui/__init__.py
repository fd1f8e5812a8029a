"""The screen: textual and rich stay in here. Knows a session, no source and no lab."""
