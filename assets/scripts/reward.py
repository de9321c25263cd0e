from trl import RewardConfig, RewardTrainer


class Tokenised(RewardTrainer):
    def _prepare_dataset(self, dataset, *args, **kwargs):
        return dataset


def main():
    # 1. A language model with a new head, drawn from N(0, 1 / sqrt(d + 1)), that gives one score at the last token.
    set_seed(SEED)
    config = load_config(MODEL)
    config.num_labels = 1
    model = AutoModelForSequenceClassification.from_pretrained(MODEL, config=config, dtype=torch.float32)
    tokenizer = load_tokenizer(MODEL, model)
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id  # the score is read before the padding
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        head = model.score.weight
        head.copy_(torch.randn(head.shape, generator=generator) * (head.shape[-1] + 1) ** -0.5)

    # 2. Comparisons as tokens, prompt and response in one sequence.
    pairs = read_pairs(model, tokenizer)
    margins = RECIPE["use_margin"] and any(pair["margin"] for pair in pairs)
    rows = [{"chosen_ids": pair["prompt_ids"] + pair["chosen_ids"], "rejected_ids": pair["prompt_ids"] + pair["rejected_ids"]}
            | ({"margin": pair["margin"]} if margins else {}) for pair in pairs]

    # 3. Train: -log sigmoid(r_chosen - r_rejected - margin). Its scores are raw: shift and scale them before PPO.
    trainer = Tokenised(
        model=model,
        args=arguments(RewardConfig, model, len(rows), disable_dropout=False,
                       center_rewards_coefficient=RECIPE["center_rewards_coefficient"] or None),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora("SEQ_CLS"),
    )
    finish(trainer, tokenizer)


if __name__ == "__main__":
    main()
