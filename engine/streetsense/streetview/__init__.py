"""Street views from outside: photos in a folder, panoramas, synthetic cities; and the providers that deliver them."""
