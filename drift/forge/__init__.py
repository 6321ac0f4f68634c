"""One comment or issue on a forge that follows the newest report, instead of a new one for each run."""
