"""The program of a workstation: Ctrl+F12 opens a ticket in the helpdesk (C03, C12)."""

VERSION = "1.0.0"
