"""The Python side of the page: what is packed for the browser, and what runs there."""
