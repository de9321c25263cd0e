"""A language model as a judge of pairs: the question, the reply, the endpoint, and how many are asked at once."""
