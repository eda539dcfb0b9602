"""The `devserve` command: arguments in, exit status out. The only package that prints or exits."""
