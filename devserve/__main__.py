"""`python -m devserve` and the `devserve` command."""

from devserve.cli import main

if __name__ == "__main__":
    main()
