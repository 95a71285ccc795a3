"""Programs that run in a contender's environment, each with nothing but that contender and the standard library."""
