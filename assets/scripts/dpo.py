from trl import DPOConfig, DPOTrainer


class Tokenised(DPOTrainer):
    def _prepare_dataset(self, dataset, *args, **kwargs):
        return dataset


def main():
    # 1. Policy and reference: under LoRA the reference is the policy without its adapters.
    set_seed(SEED)
    policy, tokenizer = load_policy(MODEL)
    own = REFERENCE != MODEL or not (RECIPE["lora_rank"] or RECIPE["precompute_ref_log_probs"])
    reference = load_policy(REFERENCE)[0] if own else None

    # 2. Comparisons as tokens.
    pairs = read_pairs(policy, tokenizer)

    # 3. Train: -log sigmoid(beta h), h = log pi/pi_ref (chosen) - log pi/pi_ref (rejected), or a relative of it.
    trainer = Tokenised(
        model=policy,
        ref_model=reference,
        args=arguments(DPOConfig, policy, len(pairs), beta=RECIPE["beta"], disable_dropout=False,
                       precompute_ref_log_probs=RECIPE["precompute_ref_log_probs"], **LOSS),
        train_dataset=Dataset.from_list(pairs),
        processing_class=tokenizer,
        peft_config=lora("CAUSAL_LM"),
    )
    finish(trainer, tokenizer)


if __name__ == "__main__":
    main()
