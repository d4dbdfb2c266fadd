"""dw::Core."""
