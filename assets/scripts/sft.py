from trl import SFTConfig, SFTTrainer


class Tokenised(SFTTrainer):
    def _prepare_dataset(self, dataset, *args, **kwargs):
        return dataset


def main():
    # 1. The start model.
    set_seed(SEED)
    if RECIPE["from_scratch"]:
        torch.manual_seed(SEED)
        model = AutoModelForCausalLM.from_config(load_config(MODEL), dtype=torch.float32).eval()
        tokenizer = load_tokenizer(MODEL, model)
    else:
        model, tokenizer = load_policy(MODEL)

    # 2. Prompts and responses as tokens.
    most, rows = longest(model), []
    for row in read_rows():
        response = response_tokens(row["completion"], tokenizer, row.get("chosen_cut"))
        prompt = prompt_tokens(row["prompt"], tokenizer)
        if len(prompt) + len(response) > most:
            prompt = prompt_tokens(row["prompt"], tokenizer, max(most - len(response), most // 2))
        response = response[: most - len(prompt)]
        labels = [IGNORED] * len(prompt) if RECIPE["completion_only"] else prompt
        rows.append({"input_ids": prompt + response, "labels": labels + response})

    # 3. Train: cross-entropy, mean over the tokens that count.
    trainer = Tokenised(
        model=model,
        args=arguments(SFTConfig, model, len(rows), dataset_kwargs={"skip_prepare_dataset": True}, packing=False),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora("CAUSAL_LM"),
    )
    finish(trainer, tokenizer)


if __name__ == "__main__":
    main()
