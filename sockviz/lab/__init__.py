"""The lab: two hosts in namespaces of their own, joined by a wire that is a process of ours."""
