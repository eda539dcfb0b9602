"""Services as processes: started, looked at, restarted, ended to the last child; and what a save does to them."""
