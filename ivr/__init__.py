"""What a caller hears: menus as pure step functions, prompts, and the loop that plays them."""
