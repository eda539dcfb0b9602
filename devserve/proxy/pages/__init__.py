"""What becomes of a page on its way: which response is one, where the snippet goes, and which policies let it run."""
