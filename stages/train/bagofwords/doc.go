// Package bagofwords is logistic regression on bags of token ids, with no idea of
// their order: the baseline that a language model has to beat. It computes what
// scikit-learn's TfidfTransformer and LogisticRegression do by default, in
// float64, with sums in the order of rows and columns.
package bagofwords
