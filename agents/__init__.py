"""Where the job runs: command line, files, terminal. What the job is stands in `pipeline`."""
