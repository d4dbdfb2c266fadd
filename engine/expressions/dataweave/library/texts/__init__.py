"""dw::core::Strings."""
