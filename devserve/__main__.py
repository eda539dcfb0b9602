"""`python -m devserve` and the `devserve` command."""

from devserve.cli.main import main

if __name__ == "__main__":
    main()
