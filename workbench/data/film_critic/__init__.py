"""The film critic: the bundled demonstration's data, made from a seed and downloaded from nowhere.

Short film notes are the prompts, reviews the responses. `words` is the language, `gold` the independent judge, `writers` the
reviewers and the raters with their blind spot, `model` the model folder that the demonstration trains from scratch, `files`
writes it all.
"""

from workbench.data.film_critic.files import FilmCriticFiles, write_film_critic

__all__ = ["FilmCriticFiles", "write_film_critic"]
