# Fits glmnet whenever a threshold arrives on standard input, and times it in here.
#
#   Rscript glmnet.R FOLDER FAMILY
#
# FOLDER holds meta.csv (n, p, non-zeros or 0, outputs), y and lambda, and X by columns
# (or its i, p, x); doubles and integers as R reads them. Every line `thresh` is
# answered by the seconds of the fit and 1, or 0 if it did not converge, with the coefficients in FOLDER/coef: for each
# output intercepts and weights, lambda after lambda.

suppressPackageStartupMessages({library(Matrix); library(glmnet)})
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
family <- arguments[2]
meta <- scan(file.path(folder, "meta.csv"), sep = ",", quiet = TRUE)
n <- meta[1]; p <- meta[2]; nonzero <- meta[3]
numbers <- function(name, size) readBin(file.path(folder, name), "double", size)
integers <- function(name, size) readBin(file.path(folder, name), "integer", size)

if (nonzero > 0) {
  X <- sparseMatrix(i = integers("i", nonzero), p = integers("p", p + 1),
                    x = numbers("x", nonzero), dims = c(n, p), index1 = FALSE)
} else {
  X <- matrix(numbers("X", n * p), n, p)
}
y <- numbers("y", n)
lambda <- numbers("lambda", meta[4])
glmnet.control(fdev = 0, devmax = 1)

fit <- function(thresh) {
  if (family == "multinomial") {
    glmnet(X, y, family, lambda = lambda, thresh = thresh, standardize = FALSE,
           type.multinomial = "ungrouped")
  } else {
    glmnet(X, y, family, lambda = lambda, thresh = thresh, standardize = FALSE,
           maxit = 1e6)
  }
}

now <- if (Sys.getenv("BENCHMARK_CLOCK") == "process_time") {
  function() sum(proc.time()[c("user.self", "sys.self")])
} else {
  function() as.numeric(Sys.time())
}

requests <- file("stdin", "r")
cat("ready\n")
flush(stdout())
while (length(line <- readLines(requests, 1)) > 0) {
  thresh <- as.numeric(line)
  invisible(gc(full = FALSE))
  start <- now()
  model <- try(suppressWarnings(fit(thresh)), silent = TRUE)
  seconds <- now() - start
  converged <- !inherits(model, "try-error") && length(model$lambda) == length(lambda)
  if (converged) {
    coefs <- coef(model)
    if (!is.list(coefs)) coefs <- list(coefs)
    values <- unlist(lapply(coefs, function(part) as.vector(as.matrix(part))))
    writeBin(values, file.path(folder, "coef"))
  }
  cat(sprintf("%.9f %d\n", seconds, converged))
  flush(stdout())
}
