"""Where models meet metrics: trained models and held-out images in, numbers and pictures out."""
