"""What the screens of watched listeners look like. Pure: a view in, pictures and texts out."""
