"""Vite, webpack, Next, Angular and scripts of package.json: recognised, and told which hosts are right."""
