"""What people keep: panels as figures and CSV, and a comparison as one HTML file."""
