"""params.yaml as frozen objects, validated."""
