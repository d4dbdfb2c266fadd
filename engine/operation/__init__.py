"""What people who operate an application see and do: measures, health, management."""
