"""The study of emulators: cheap simulations turned into expensive ones, judged by the posteriors that they give."""
