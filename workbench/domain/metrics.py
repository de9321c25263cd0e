"""Every metric that a curve can show: its formula, unit and which way is better. Names are TRL's where TRL has one."""

from dataclasses import dataclass, replace
from typing import Literal

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric's name means. `meaning` is the text of its tooltip: formula, mask, source."""

    name: str
    label: str
    meaning: str
    unit: str = ""
    better: Better = "neither"


_ALL = (
    Metric("loss", "Loss", "The method's training loss, mean over the batch.", better="lower"),
    Metric("learning_rate", "Learning rate", "AdamW's rate at this step."),
    Metric("grad_norm", "Gradient norm", "L2 norm of the gradient before clipping."),
    Metric("tokens_per_s", "Throughput", "Tokens trained on a second.", "tokens/s", "higher"),
    Metric("entropy", "Entropy", "Mean entropy of the next-token distribution over the loss's tokens.", "nats"),
    Metric("mean_token_accuracy", "Token accuracy", "Share of tokens that are the model's first choice.", "share", "higher"),
    Metric("accuracy", "Reward accuracy", "Share of pairs whose chosen response scores strictly higher.", "share", "higher"),
    Metric("margin", "Reward margin", "Mean of score(chosen) - score(rejected).", better="higher"),
    Metric("mean_reward", "Mean reward", "Mean score over chosen and rejected responses."),
    Metric("min_reward", "Lowest reward", "Lowest score in the batch."),
    Metric("max_reward", "Highest reward", "Highest score in the batch."),
    Metric("eval_loss", "Validation loss", "The training loss on the validation split.", better="lower"),
    Metric("eval_accuracy", "Validation accuracy", "Reward accuracy on the validation split.", "share", "higher"),
    Metric("eval_margin", "Validation margin", "Reward margin on the validation split.", better="higher"),
    Metric("rewards/chosen", "Implicit reward, chosen", "beta (log pi - log pi_ref) of the chosen responses, mean.", "nats"),
    Metric("rewards/rejected", "Implicit reward, rejected", "The same of the rejected responses.", "nats"),
    Metric("rewards/accuracies", "Implicit accuracy", "Share of pairs with the larger implicit reward on chosen.", "share",
           "higher"),
    Metric("rewards/margins", "Implicit margin", "rewards/chosen - rewards/rejected.", "nats", "higher"),
    Metric("logits/chosen", "Logits, chosen", "Mean of the policy's logits over the tokens of the chosen responses."),
    Metric("logits/rejected", "Logits, rejected", "The same of the rejected responses."),
    Metric("logps/chosen", "Log-probability, chosen", "Sum over the response's tokens, mean over the batch.", "nats"),
    Metric("logps/rejected", "Log-probability, rejected", "The same of the rejected responses.", "nats"),
    Metric("objective/kl", "KL (k1)", "Mean over episodes of the sum of log pi - log pi_ref over the response's tokens; one "
           "sample each, so it may dip below zero by chance.", "nats"),
    Metric("objective/kl_k3", "KL (k3)", "The same by rho - 1 - log rho with rho = pi_ref / pi: never negative.", "nats"),
    Metric("objective/entropy", "Entropy", "Mean over episodes of the sum of -log pi over the response's tokens.", "nats"),
    Metric("objective/scores", "Proxy score", "Mean reward of the batch's responses, the weighted sum of the reward's terms, "
           "before all penalties.", better="higher"),
    Metric("objective/non_score_reward", "KL penalty", "Mean over episodes of -kl_coef times the sum of k1."),
    Metric("objective/rlhf_reward", "Reward with penalty", "What is optimised: mean score, that of responses without an "
           "ending replaced where the recipe says so, + objective/non_score_reward + the penalties of length and KL cap.",
           better="higher"),
    Metric("objective/kl_coef", "KL coefficient", "The penalty's weight; moves where it is adaptive."),
    Metric("objective/length_penalty", "Length penalty", "Mean over episodes of what the length cap takes: -length_penalty "
           "(n - cap) / (longest - cap) for n tokens above the cap, 0 below it (2503.14476, section 3.4)."),
    Metric("objective/kl_cap_penalty", "Penalty beyond the KL cap", "Mean over episodes of -kl_cap_coef max(0, sum of k1 - "
           "kl_cap)."),
    Metric("objective/length", "Response length", "Mean tokens of a response, end of sequence included.", "tokens"),
    Metric("policy/approxkl_avg", "Policy movement", "Mean over response tokens of (log ratio)^2 / 2 to the policy that "
           "sampled, over the update.", "nats"),
    Metric("policy/clipfrac_avg", "Policy clip share", "Share of response tokens whose ratio was clipped.", "share"),
    Metric("policy/entropy_avg", "Policy entropy", "Mean entropy of the next-token distribution over response tokens.",
           "nats"),
    Metric("loss/policy_avg", "Policy loss", "Clipped surrogate (1707.06347, Eq. 7), mean over response tokens."),
    Metric("loss/value_avg", "Value loss", "Clipped squared error of the value, halved, mean over response tokens.",
           better="lower"),
    Metric("val/grad_norm", "Value gradient norm", "L2 norm of the value model's own gradient before clipping."),
    Metric("val/clipfrac_avg", "Value clip share", "Share of tokens whose value was clipped.", "share"),
    Metric("val/ratio", "Ratio", "Mean of pi / pi_old over response tokens; 1 before the first optimizer step."),
    Metric("val/ratio_var", "Ratio variance", "Its variance over the minibatches of an update."),
    Metric("val/num_eos_tokens", "Endings", "Responses of the batch that ended by themselves.", "responses"),
    Metric("val/explained_variance", "Explained variance", "1 - var(return - value) / var(return).", better="higher"),
    Metric("eval/gold", "Gold score", "Mean of the gold judge on the test prompts.", better="higher"),
    Metric("eval/validation_gold", "Gold score, validation", "Mean of the gold judge on the validation prompts, by which the "
           "best checkpoint is chosen.", better="higher"),
    Metric("eval/proxy", "Proxy score", "Mean of the reward model on the test prompts.", better="higher"),
    Metric("eval/kl", "KL to the start model", "Policy's own samples, exact over the vocabulary at each token, summed over the "
           "response, end of sequence included (2504.10637).", "nats"),
    Metric("eval/kl_se", "Its standard error", "Over prompts.", "nats"),
    Metric("eval/kl_per_token", "KL a token", "eval/kl divided by the mean number of tokens.", "nats"),
    Metric("eval/kl_k1", "KL (k1)", "Monte Carlo: mean of log pi - log pi_ref; may be below zero by chance.", "nats"),
    Metric("eval/kl_k1_se", "Its standard error", "Over prompts.", "nats"),
    Metric("eval/kl_k3", "KL (k3)", "Monte Carlo: mean of rho - 1 - log rho.", "nats"),
    Metric("eval/kl_k3_se", "Its standard error", "Over prompts.", "nats"),
    Metric("eval/length", "Response length", "Mean tokens of a response.", "tokens"),
    Metric("eval/ended", "Ended by themselves", "Share of responses that ended before the length limit.", "share"),
    Metric("judge/win_rate", "Win rate by this judge", "Share of the prompts that the policy wins against the start model, "
           "asked in both orders; a disagreement of the two is a tie, ties count half (2306.05685).", "share", "higher"),
    Metric("judge/swap_consistency", "Swap consistency", "Share of the pairs that the judge judged alike when their order was "
           "swapped.", "share", "higher"),
    Metric("judge/first_position", "First position", "Share of the one-sided replies that named the answer that stood first; "
           "one half without a bias.", "share"),
    Metric("judge/unparsed", "Unparsed", "Share of the replies that were neither A, B nor tie. They are left out and never "
           "guessed at.", "share", "lower"),
    Metric("judge/cost", "Cost of judging", "What the replies cost at the prices that were stated when they were asked for the "
           "first time; those that were known already cost nothing again.", "$", "lower"),
    Metric("eval/entropy", "Entropy", "Of the policy along its samples, a token.", "nats"),
)  # fmt: skip

CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _ALL}
_ON_VALIDATION = "eval_"  # TRL names what it measures on the validation split after what it measures while it trains
_BY_JUDGE = "eval/score/"
_TERM, _MEMBERS = "reward/", "ensemble/"  # what PPO logs of each term of its reward, and of ensembles among them
_TRAINED = {"model": "the reward model"}
_OF_MEMBERS: dict[str, str] = {
    "mean": "Mean over the members",
    "minimum": "Lowest score among the members",
    "spread": "Population standard deviation over the members",
}
ENSEMBLE_PARTS = tuple(_OF_MEMBERS)


def reward_term(source: str) -> str:
    """Returns the metric of what a term adds to PPO's reward."""
    return f"{_TERM}{source}"


def ensemble_metric(source: str, which: str) -> str:
    """Returns the metric of an ensemble's mean, minimum or spread."""
    return f"{_MEMBERS}{source} {which}"


def is_known(name: str) -> bool:
    """Says whether `describe` can tell what a metric of training means."""
    return name in CATALOGUE or name.startswith((_TERM, _MEMBERS))


def describe(name: str) -> Metric:
    """Returns what is known of a metric; one that is not in the catalogue is described by its name alone."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    if (trained := CATALOGUE.get(name.removeprefix(_ON_VALIDATION))) is not None:
        meaning = f"On the validation split. {trained.meaning}"
        return replace(trained, name=name, label=f"Validation: {trained.label}", meaning=meaning)
    if (judge := name.removeprefix(_BY_JUDGE)) != name:
        return Metric(name, f"Score by {judge}", f"Mean of the judge `{judge}` on the test prompts.")
    if (term := name.removeprefix(_TERM)) != name:
        meaning = (
            f"What {_TRAINED.get(term, f'`{term}`')} adds to the reward: its weight times its score, mean over the batch's "
            "responses; all terms add up to objective/scores."
        )
        return Metric(name, f"Reward term: {term}", meaning, better="higher")
    if (members := name.removeprefix(_MEMBERS)) != name:
        source, _, which = members.rpartition(" ")
        meaning = (
            f"{_OF_MEMBERS.get(which, which)} of the ensemble `{source}`, before its weight, mean over the batch's "
            "responses."
        )
        return Metric(name, f"Ensemble {source}: {which}", meaning)
    return Metric(name, name, "")
