// Opens the tokenizer inside the model package's own engine, which only shows embeddings.
// ENGINE is the path of the engine's source.
#include ENGINE

// The ids of `text` as it is (no prefix, without the special tokens); at most `most` of them.
int engine_ids(e5_model *model, const char *text, int *ids, int most) {
    return tok_content(&model->tok, text, ids, most);
}

void engine_special(e5_model *model, int *bos, int *eos) {
    *bos = model->tok.bos;
    *eos = model->tok.eos;
}
