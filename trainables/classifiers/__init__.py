"""Models of P(y | x): logistic regression, SVM, trees and neural nets; cross-validation of any of them."""
