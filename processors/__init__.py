"""The elements that come with the engine, one a file, a folder a module of Mule's palette."""
